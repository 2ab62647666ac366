"""Registers the built-in objects by the same hooks as any plugin."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from product_importer.builtin.arrow_parser import ArrowParser
from product_importer.builtin.codecs import CODECS
from product_importer.builtin.csv_parser import CsvParser
from product_importer.builtin.dedupe import DEDUPE_POLICIES
from product_importer.builtin.log_sink import LogSink
from product_importer.builtin.validators import PRODUCT_VALIDATORS
from product_importer.builtin.web_source import WebSource
from product_importer.environment import Environment, yes_or_no
from product_importer.hookspecs import hookimpl
from product_importer.model import ShopProfiles

if TYPE_CHECKING:
    from collections.abc import Iterable

    from product_importer.ports import (
        Codec,
        DedupePolicy,
        EventSink,
        FormatParser,
        ReportingSource,
        Validator,
    )


@hookimpl
def product_importer_parsers() -> Iterable[FormatParser]:
    return [CsvParser(), ArrowParser()]


@hookimpl
def product_importer_validators() -> Iterable[Validator]:
    return PRODUCT_VALIDATORS


@hookimpl
def product_importer_dedupe_policies() -> Iterable[DedupePolicy]:
    return DEDUPE_POLICIES


@hookimpl
def product_importer_event_sinks() -> Iterable[EventSink]:
    wanted = Environment.read().own("LOG_EVENTS", yes_or_no, "true or false")
    return [LogSink()] if wanted else []


@hookimpl
def product_importer_sources() -> Iterable[ReportingSource]:
    return [WebSource()]


@hookimpl
def product_importer_codecs() -> Iterable[Codec]:
    return CODECS


@hookimpl
def product_importer_profiles() -> Iterable[ShopProfiles]:
    return [ShopProfiles("shops", Path(__file__).with_name("shops"))]
