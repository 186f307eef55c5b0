"""Every error that tagwire raises on purpose.

    TagwireError                      exit 1
    ├── ConfigError                   exit 78  every mistake found, each with file:line:column
    ├── UsageError                    exit 2   an argument that names nothing we know
    ├── SourceError                            one source failed; the others go on
    │   ├── FetchError
    │   │   ├── BadUrl, BadScheme              bad-url, bad-scheme
    │   │   ├── BlockedAddress                 blocked-address
    │   │   ├── DnsFailed        retryable     dns
    │   │   ├── ConnectFailed    retryable     connect
    │   │   ├── ProxyFailed      retryable     proxy
    │   │   ├── TlsFailed        retryable     tls
    │   │   ├── DeadlineExceeded retryable     deadline
    │   │   ├── Busy             retryable     busy: nobody was asked, and no failure is counted
    │   │   ├── TooLarge                       too-large
    │   │   ├── BadEncoding                    bad-encoding
    │   │   ├── Truncated        retryable     truncated
    │   │   ├── BadRedirect                    redirect
    │   │   ├── HttpStatus                     http-status
    │   │   │   ├── RateLimited  retryable     rate-limited
    │   │   │   └── Gone                       gone
    │   │   ├── RobotsDisallowed               robots
    │   │   └── Missing                        missing
    │   ├── ParseError                         parse-error
    │   │   ├── NotAFeed                       not-a-feed
    │   │   ├── ParseTimeout                   parse-timeout
    │   │   └── ParseCrash                     parse-crash
    │   ├── DiskError          retryable       disk
    │   └── InternalError                      internal
    ├── EntryError                             one entry or file cannot become an item; the others go on
    ├── StoreError                    exit 1   the index
    │   └── StoreMissing, StoreCorrupt, SchemaTooNew, StaleClaim
    ├── TreeError, PublishError       exit 1   the item files are not where they were; feeds could not be written
    ├── ClockError, WorkersFailed     exit 1   this machine's clock has not been set; it starts no processes
    ├── Stopped                                work was asked to end before it was done; the next time does the rest
    └── Locked                        exit 6   another process holds the lock

``kind`` is the word that people and the index get; ``retryable``: the same may succeed later without anybody's help.
This module does not log, format for terminals or decide when to retry.
"""

from __future__ import annotations

from typing import ClassVar


class TagwireError(Exception):
    """Base of all errors that tagwire raises on purpose; ``str()`` is one line for people."""

    exit_code: ClassVar[int] = 1
    kind: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False


class ConfigError(TagwireError):
    """The configuration has mistakes; ``mistakes`` lists every one as ``file:line:column: key: what was expected``."""

    exit_code: ClassVar[int] = 78

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class UsageError(TagwireError):
    """An argument names a source, item or tag that does not exist, or has a value that cannot be."""

    kind: ClassVar[str] = "usage"
    exit_code: ClassVar[int] = 2


class SourceError(TagwireError):
    """One source could not be refreshed; ``url`` is what was being read when it failed, ``line`` 0 where unknown."""

    def __init__(self, message: str, *, url: str = "", line: int = 0) -> None:
        super().__init__(message)
        self.url, self.line = url, line


class FetchError(SourceError):
    """The document could not be had."""


class BadUrl(FetchError):
    """The URL cannot be requested: bad port, bad IDNA, control characters, too long."""

    kind: ClassVar[str] = "bad-url"


class BadScheme(FetchError):
    """A URL or redirect leaves http and https."""

    kind: ClassVar[str] = "bad-scheme"


class BlockedAddress(FetchError):
    """The host resolves to an address that the operator did not allow (private, loopback, link-local, …)."""

    kind: ClassVar[str] = "blocked-address"


class DnsFailed(FetchError):
    """The host name has no address."""

    kind: ClassVar[str] = "dns"
    retryable: ClassVar[bool] = True


class ConnectFailed(FetchError):
    """No connection, or it broke, or what came back is not HTTP."""

    kind: ClassVar[str] = "connect"
    retryable: ClassVar[bool] = True


class ProxyFailed(FetchError):
    """The configured proxy cannot be reached, or does not let us in: no server was asked."""

    kind: ClassVar[str] = "proxy"
    retryable: ClassVar[bool] = True


class TlsFailed(FetchError):
    """The TLS handshake or the certificate is bad."""

    kind: ClassVar[str] = "tls"
    retryable: ClassVar[bool] = True


class DeadlineExceeded(FetchError):
    """The answer was not complete within ``http.timeout``, all redirects included."""

    kind: ClassVar[str] = "deadline"
    retryable: ClassVar[bool] = True


class Busy(FetchError):
    """Other sources were being asked at this host for too long: this one's turn comes another time."""

    kind: ClassVar[str] = "busy"
    retryable: ClassVar[bool] = True


class TooLarge(FetchError):
    """The decoded body passed ``http.max_bytes``."""

    kind: ClassVar[str] = "too-large"


class BadEncoding(FetchError):
    """The Content-Encoding is unknown, nested or damaged."""

    kind: ClassVar[str] = "bad-encoding"


class Truncated(FetchError):
    """The body ended before its end: compressed stream cut, XML without its closing root tag."""

    kind: ClassVar[str] = "truncated"
    retryable: ClassVar[bool] = True


class BadRedirect(FetchError):
    """A redirect without a usable Location, a loop, or more than five hops."""

    kind: ClassVar[str] = "redirect"


class HttpStatus(FetchError):
    """The server answered with a status that is not success (RFC 9110 §15); ``retry_after`` in seconds, if said."""

    kind: ClassVar[str] = "http-status"

    def __init__(self, message: str, *, status: int, url: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, url=url)
        self.status = status
        self.retry_after = retry_after


class RateLimited(HttpStatus):
    """429, or 503 with Retry-After (RFC 6585 §4, RFC 9110 §10.2.3)."""

    kind: ClassVar[str] = "rate-limited"
    retryable: ClassVar[bool] = True


class Gone(HttpStatus):
    """410 (RFC 9110 §15.5.11)."""

    kind: ClassVar[str] = "gone"


class RobotsDisallowed(FetchError):
    """robots.txt forbids the page, or cannot be had (RFC 9309); ``lasting`` tells the first from the second."""

    kind: ClassVar[str] = "robots"

    def __init__(self, message: str, *, url: str = "", lasting: bool = True, retry_after: float | None = None) -> None:
        super().__init__(message, url=url)
        self.lasting, self.retry_after = lasting, retry_after


class Missing(FetchError):
    """The file or directory of a source does not exist, or is not of the kind that was declared."""

    kind: ClassVar[str] = "missing"


class ParseError(SourceError):
    """The document is not what it claims to be."""

    kind: ClassVar[str] = "parse-error"


class NotAFeed(ParseError):
    """No feed format recognised; the message shows the first bytes."""

    kind: ClassVar[str] = "not-a-feed"


class ParseTimeout(ParseError):
    """Parsing took longer than a worker may."""

    kind: ClassVar[str] = "parse-timeout"


class ParseCrash(ParseError):
    """The worker died or ran out of memory on this document."""

    kind: ClassVar[str] = "parse-crash"


class DiskError(SourceError):
    """What a source brought cannot be written here; that is no fault of the source's, and is not counted as one."""

    kind: ClassVar[str] = "disk"
    retryable: ClassVar[bool] = True


class InternalError(SourceError):
    """A bug of ours while refreshing one source; the traceback is in the log."""


class EntryError(TagwireError):
    """One entry or file cannot become an item; ``line`` where known, else 0."""

    def __init__(self, message: str, *, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


class StoreError(TagwireError):
    """The index cannot be used."""


class StoreMissing(StoreError):
    """There is no index yet; the message says that `tagwire refresh` makes one."""


class StoreCorrupt(StoreError):
    """The index is damaged, not ours or without its tables; the message says to run `tagwire reindex`."""


class SchemaTooNew(StoreError):
    """The index was written by a newer tagwire."""


class StaleClaim(StoreError):
    """The source was claimed by somebody else since; this result is dropped."""


class TreeError(TagwireError):
    """The item files cannot be trusted now, for example over half of them vanished at once."""


class PublishError(TagwireError):
    """Feeds could not be written, a line for each cause; `topics` are the URLs of those that were, for a hub."""

    topics: tuple[str, ...] = ()


class ClockError(TagwireError):
    """The machine's clock cannot be right."""


class WorkersFailed(TagwireError):
    """The processes that read documents cannot be started on this machine: no document's fault; names the cure."""


class Stopped(TagwireError):
    """Work was asked to end before it was done: the next time does the rest. `topics` are as in `PublishError`."""

    topics: tuple[str, ...] = ()


class Locked(TagwireError):
    """Another tagwire process is at work in this site directory."""

    exit_code: ClassVar[int] = 6
