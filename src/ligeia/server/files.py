"""A stored file as an answer: whole or a range of it, never run by a browser, under a name that breaks no header."""

import re
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import Response, StreamingResponse

from ligeia.server.problems import Refusal, not_found
from ligeia.server.schemas import Result
from ligeia.server.storage.storage import Missing, Storage

MEDIA_TYPES = {
    "lig": "application/x-ligeia",
    "wav": "audio/wav",
    "reference": "audio/wav",
    "overview": "application/octet-stream",
    "reference_overview": "application/octet-stream",
    "error_overview": "application/octet-stream",
}
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


def answer_with(storage: Storage, result: Result, key: str, headers: Headers, *, named: bool) -> Response:
    """Return a stored file, or the range that the headers of the request ask for.

    Raises:
        Refusal: the file has no such range (416).
    """
    tag = f'"{result.sha256}"'
    common = {
        "ETag": tag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": disposition(result.name) if named else "attachment",
    }
    if tag in (one.strip().removeprefix("W/") for one in headers.get("if-none-match", "").split(",")):
        return Response(status_code=304, headers=common)
    wanted = headers.get("range") if headers.get("if-range", tag) == tag else None
    start, stop = range_of(wanted, result.bytes) or (0, result.bytes)
    is_part = wanted is not None and range_of(wanted, result.bytes) is not None
    if is_part:
        common["Content-Range"] = f"bytes {start}-{stop - 1}/{result.bytes}"
    common["Content-Length"] = str(stop - start)
    try:
        body = storage.open(key, start, stop)
    except Missing as error:  # swept or forgotten since
        raise not_found() from error
    return StreamingResponse(body, 206 if is_part else 200, common, MEDIA_TYPES[result.kind])


def range_of(wanted: str | None, size: int) -> tuple[int, int] | None:
    """Return start and stop of the range that a header asks for; None: the whole file, for several ranges as well.

    Raises:
        Refusal: there is no such range (416).

    Example:
        >>> range_of("bytes=2-5", 10), range_of("bytes=-3", 10), range_of("bytes=7-99", 10), range_of("lines=1-2", 10)
        ((2, 6), (7, 10), (7, 10), None)
    """
    found = _RANGE.fullmatch(wanted.strip()) if wanted else None
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        start, stop = max(size - int(last), 0), size
    else:
        start, stop = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None  # not valid, and so not there (RFC 9110, 14.1.1)
    if start >= stop:
        raise Refusal(416, f"The file has {size} bytes.", Content_Range=f"bytes */{size}")
    return start, stop


def disposition(name: str) -> str:
    """Return the header that lets a browser keep a file under a name, whatever letters that has.

    Example:
        >>> disposition('é"\\r\\n.wav')
        'attachment; filename="____.wav"; filename*=UTF-8\\'\\'%C3%A9%22%0D%0A.wav'
    """
    plain = re.sub(r"[^\w .,()+=@-]", "_", name, flags=re.ASCII)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='', errors='replace')}"
