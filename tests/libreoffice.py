"""LibreOffice, which opens and saves files as its users do."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

PATIENCE = 120
CSV = "Text - txt - csv (StarCalc)"
FILTERS = {
    ".csv": CSV,
    ".xlsx": "Calc MS Excel 2007 XML",
    ".ods": "calc8",
    ".fods": "OpenDocument Spreadsheet Flat XML",
}
UTF_8 = 76

_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Setup/L10N">
<prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>{locale}</value></prop>
</item>
<item oor:path="/org.openoffice.Setup/Office">
<prop oor:name="ooSetupInstCompleted" oor:op="fuse"><value>true</value></prop>
</item>
</oor:items>
"""
_LIBRARY = """<?xml version="1.0" encoding="UTF-8"?>
<library:library xmlns:library="http://openoffice.org/2000/library" library:name="Standard"
 library:readonly="false" library:passwordprotected="false">
<library:element library:name="Jobs"/></library:library>
"""
_LIBRARIES = """<?xml version="1.0" encoding="UTF-8"?>
<library:libraries xmlns:library="http://openoffice.org/2000/library" xmlns:xlink="http://www.w3.org/1999/xlink">
<library:library library:name="Standard" xlink:href="$(USER)/basic/Standard/script.xlb/" xlink:type="simple"
 library:link="false"/></library:libraries>
"""
_MODULE = """<?xml version="1.0" encoding="UTF-8"?>
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Jobs"
 script:language="StarBasic">
Sub Main
  Dim opening(2) As New com.sun.star.beans.PropertyValue
  Dim saving(1) As New com.sun.star.beans.PropertyValue
  Dim line As String, job, document
  opening(0).Name = "Hidden" : opening(0).Value = True
  opening(1).Name = "FilterName" : opening(2).Name = "FilterOptions"
  saving(0).Name = "FilterName" : saving(1).Name = "FilterOptions"
  Open Environ("JOBS") For Input As #1
  While Not Eof(1)
    Line Input #1, line
    job = Split(line, Chr(9))
    opening(1).Value = job(1) : opening(2).Value = job(2)
    saving(0).Value = job(4) : saving(1).Value = job(5)
    document = StarDesktop.loadComponentFromURL(job(0), "_blank", 0, opening())
    document.calculateAll()
    document.storeToURL(job(3), saving())
    document.close(True)
  Wend
  Close #1
  StarDesktop.terminate()
End Sub
</script:module>
"""


_MODES = {"plain": "false,false", "text": "true,false", "special": "false,true"}
"""Quoted cells as texts, and special numbers detected: by LibreOffice's own settings, neither."""


@dataclass(frozen=True)
class Job:
    """A file to be opened, and the file as which it is saved. ``mode``: how the dialog opens cells of CSV."""

    opened: Path
    saved: Path
    delimiter: str = ","
    mode: str = "plain"

    def line(self):
        opening = f"{ord(self.delimiter)},34,{UTF_8},1,,0,{_MODES[self.mode]}"
        saving = f"44,34,{UTF_8},1,,0,false,true,false"
        parts = []
        for path, options in ((self.opened, opening), (self.saved, saving)):
            parts += [path.as_uri(), FILTERS[path.suffix], options if path.suffix == ".csv" else ""]
        return "\t".join(parts) + "\n"


def run(folder, locale, jobs):
    """Opens and saves all files with one LibreOffice, whose numbers are written as in ``locale``."""
    program = shutil.which("soffice")
    if program is None:
        reason = "LibreOffice is not installed (Debian: apt-get install libreoffice-calc-nogui)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    profile = folder / f"profile-{locale}"
    library = profile / "user" / "basic" / "Standard"
    library.mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_SETTINGS.format(locale=locale))
    (library.parent / "script.xlc").write_text(_LIBRARIES)
    (library / "script.xlb").write_text(_LIBRARY)
    (library / "Jobs.xba").write_text(_MODULE)
    listed = folder / f"jobs-{locale}"
    listed.write_text("".join(job.line() for job in jobs))
    subprocess.run(
        [
            program,
            f"-env:UserInstallation={profile.as_uri()}",
            "--headless",
            "--norestore",
            "macro:///Standard.Jobs.Main",
        ],
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8", "JOBS": str(listed)},
        timeout=PATIENCE,
        check=True,
        capture_output=True,
    )
    missing = [job.saved.name for job in jobs if not job.saved.exists()]
    assert not missing, missing
