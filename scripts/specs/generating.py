"""Runs the generator, and says in one line what it could not do."""

from __future__ import annotations

import contextlib
import importlib.resources
import io
import json
import re
import shutil
import traceback
from pathlib import Path
from typing import Any

import openapi_python_client
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser.errors import GeneratorError
from pydantic import BaseModel

from specs import SpecError
from specs.grammar import Object, walk
from specs.references import put_in_place, show

_CONTEXT = re.compile(r"parsing ([A-Z]+ \S+) within|process schema ([^:]+):")


def run_generator(document: Object, output: Path, config: Path, templates: Path, scratch: Path) -> None:
    """Write a client of a document to `output`, with our templates over the generator's own.

    Raises:
        SpecError: it refused something, with the place and the reason; all that it said are the details.
    """
    paths = {path: put_in_place(document, item) for path, item in document["paths"].items()}
    source = scratch / "document.json"
    source.write_text(json.dumps({**document, "paths": paths}), encoding="utf-8")
    both = shutil.copytree(templates, scratch / "templates")
    upstream = importlib.resources.files(openapi_python_client) / "templates"
    (both / "upstream").mkdir()
    for name in ("client.py.jinja",):
        (both / "upstream" / name).write_text((upstream / name).read_text("utf-8"), encoding="utf-8")
    settings = Config.from_sources(
        ConfigFile.load_from_path(config), MetaType.NONE, source, "utf-8", overwrite=False, output_path=output
    )
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            errors = openapi_python_client.generate(config=settings, custom_template_path=both)
    except Exception as error:
        where, reason = _place_of_crash(document, error), f"{type(error).__name__}: {error}"
        raise SpecError(f"{where}: the generator fails: {_line(reason)}", traceback.format_exc()) from error
    # What is wrong with a schema comes before what is wrong with the operations that use it.
    errors = sorted(errors, key=lambda error: error.header.startswith("WARNING parsing"))
    if errors:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        details = "\n\n".join(
            f"{error.header}\n{error.detail}\n{_said(getattr(error, 'data', None))}" for error in errors
        )
        raise SpecError(f"{_place(document, errors[0])}: {_reason(errors[0])}{more}", details)


def _place_of_crash(document: Object, error: BaseException) -> str:
    """Return the innermost object of the document that the generator was reading."""
    where = None
    for frame, _ in traceback.walk_tb(error.__traceback__):
        where = _find(document, frame.f_locals.get("data")) or where
    return where or "the document"


def _place(document: Object, error: GeneratorError) -> str:
    """Return the place of the object that an error holds, or the operation or schema that it names."""
    named = _CONTEXT.search(error.header)
    text = next(filter(None, named.groups()), "") if named else "the document"
    if text.startswith("/components/"):
        text = show(tuple(text[1:].split("/")))
    return _find(document, getattr(error, "data", None)) or text


def _find(document: Object, data: Any) -> str | None:
    """Return the place of what the generator has read as `data`."""
    said = _said(data)
    return next((show(at) for node, _, at in walk(document) if at and said and node == said), None)


def _said(data: Any) -> Any:
    return (
        data.model_dump(mode="json", by_alias=True, exclude_unset=True)
        if isinstance(data, BaseModel)
        else None
    )


def _reason(error: GeneratorError) -> str:
    """Return the detail of an error, and its heading where that says more than that there is one."""
    says_nothing = error.header.strip().startswith(("Unable to", "Problem creating", "WARNING"))
    heading = "" if says_nothing else error.header.strip(" :\n")
    detail = re.sub(
        r"<[^>]*UntrustedString[^>]*> |Unable to parse this part of your OpenAPI document: :? ?",
        "",
        (error.detail or "").partition("\n\n")[0],
    )
    return _line(": ".join(filter(None, (heading, detail)))) or "refused"


def _line(text: str) -> str:
    return " ".join(text.split())[:200]
