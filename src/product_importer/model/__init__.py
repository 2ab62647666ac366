"""The records that the parts of the library exchange. Standard library only; all frozen."""

from product_importer import fields
from product_importer.model.actors import Action, Actor, ActorKind, author_of
from product_importer.model.exports import ExportOptions
from product_importer.model.formats import (
    AUTO_PARSER,
    HEADER_OPTIONS,
    MEMBER,
    Option,
    PlaceWord,
    ReadAs,
    TableInfo,
)
from product_importer.model.history import ChangeCause, ChangeSet, HistoryEntry, ProductHistory
from product_importer.model.imports import Counts, ImportReport, ImportState, Kind, Phase, Status
from product_importer.model.inspections import ColumnInspection, Inspection, Shape
from product_importer.model.listed_changes import (
    CHANGE_KINDS,
    CHANGE_SORTS,
    LARGE_MOVE,
    NOTABLE,
    PAGE_CHANGES,
    ChangeFilter,
    ChangeKind,
    ChangePage,
    ChangeSort,
    ChangeSummary,
    ListedChange,
    Notable,
    ValueChange,
)
from product_importer.model.migrations import MigrationSet
from product_importer.model.modes import (
    CHANGING,
    CREATING,
    KEYS_ONLY,
    LEFT_OUT,
    MODES,
    TOUCHABLE,
    Mode,
    split_names,
)
from product_importer.model.options import (
    CHUNK_ROWS,
    Dialect,
    ImportOptions,
    Limits,
    OnError,
    OnWarning,
    ParseOptions,
    Questions,
    found_profile,
    options_with,
    profile_of,
    with_answers,
)
from product_importer.model.previews import Complaint, Preview, PreviewRow
from product_importer.model.profile import (
    AUTO_SHOP,
    NO_NEW_SKUS,
    NO_SHOP,
    PROFILE_FIELDS,
    PROFILE_VERSION,
    Blank,
    DecimalSign,
    Extra,
    Missing,
    Profile,
)
from product_importer.model.questions import Answer, Question
from product_importer.model.rows import VALUE_CHARS, RejectedRow, RowError, RowWarning
from product_importer.model.shop_sets import ShopProfiles
from product_importer.model.sinks import SinkState
from product_importer.model.stored_profiles import StoredProfile, signature_of
from product_importer.model.undos import ChangedProduct, ListedUndo, Undo, Undoable
from product_importer.model.uploads import Checksum, Once, Upload

FIELDS = fields.FIELDS
"""A product's fields, in the order in which files and messages show them."""

REQUIRED_FIELDS = fields.REQUIRED_FIELDS

__all__ = [
    "AUTO_PARSER",
    "AUTO_SHOP",
    "CHANGE_KINDS",
    "CHANGE_SORTS",
    "CHANGING",
    "CHUNK_ROWS",
    "CREATING",
    "FIELDS",
    "HEADER_OPTIONS",
    "KEYS_ONLY",
    "LARGE_MOVE",
    "LEFT_OUT",
    "MEMBER",
    "MODES",
    "NOTABLE",
    "NO_NEW_SKUS",
    "NO_SHOP",
    "PAGE_CHANGES",
    "PROFILE_FIELDS",
    "PROFILE_VERSION",
    "REQUIRED_FIELDS",
    "TOUCHABLE",
    "VALUE_CHARS",
    "Action",
    "Actor",
    "ActorKind",
    "Answer",
    "Blank",
    "ChangeCause",
    "ChangeFilter",
    "ChangeKind",
    "ChangePage",
    "ChangeSet",
    "ChangeSort",
    "ChangeSummary",
    "ChangedProduct",
    "Checksum",
    "ColumnInspection",
    "Complaint",
    "Counts",
    "DecimalSign",
    "Dialect",
    "ExportOptions",
    "Extra",
    "HistoryEntry",
    "ImportOptions",
    "ImportReport",
    "ImportState",
    "Inspection",
    "Kind",
    "Limits",
    "ListedChange",
    "ListedUndo",
    "MigrationSet",
    "Missing",
    "Mode",
    "Notable",
    "OnError",
    "OnWarning",
    "Once",
    "Option",
    "ParseOptions",
    "Phase",
    "PlaceWord",
    "Preview",
    "PreviewRow",
    "ProductHistory",
    "Profile",
    "Question",
    "Questions",
    "ReadAs",
    "RejectedRow",
    "RowError",
    "RowWarning",
    "Shape",
    "ShopProfiles",
    "SinkState",
    "Status",
    "StoredProfile",
    "TableInfo",
    "Undo",
    "Undoable",
    "Upload",
    "ValueChange",
    "author_of",
    "found_profile",
    "options_with",
    "profile_of",
    "signature_of",
    "split_names",
    "with_answers",
]
