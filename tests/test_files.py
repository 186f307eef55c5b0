"""Files: whole or untouched, whatever happens in between."""

from __future__ import annotations

import errno
import os
import re
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from aggregator import files, flushing, leftovers, witness


def names_in(folder):
    return sorted(path.name for path in Path(folder).iterdir())


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


def temporaries(folder):
    return [path for path in folder.rglob("*") if path.name.startswith(".tmp-")]


# --- write ---


def test_writing_makes_folders_and_says_whether_anything_changed(tmp_path):
    path = tmp_path / "a" / "b" / "c.md"
    assert files.write(path, b"one")
    assert path.read_bytes() == b"one"
    assert not files.write(str(path), b"one")
    assert files.write(path, b"two")
    assert path.read_bytes() == b"two"
    assert temporaries(tmp_path) == []


@pytest.mark.parametrize("data", [b"same", b""])
def test_equal_bytes_keep_the_mtime(tmp_path, data):
    path = tmp_path / "x"
    files.write(path, data)
    os.utime(path, ns=(1, 1))
    assert not files.write(path, data, sync=True)
    assert path.stat().st_mtime_ns == 1


def test_bytes_of_equal_length_are_compared(tmp_path):
    files.write(tmp_path / "x", b"aa")
    assert files.write(tmp_path / "x", b"ab")


def test_the_mode_follows_the_umask(tmp_path):
    for mask, mode in ((0o022, 0o644), (0o077, 0o600)):
        before = os.umask(mask)
        try:
            files.write(tmp_path / str(mask), b"")
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / str(mask)).stat().st_mode) == mode


def test_relative_paths_and_long_names_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert files.write("here.md", b"1", sync=True)
    assert files.write("new/there.md", b"1", sync=True)
    assert files.write("长" * 84 + ".md", b"1")
    assert files.create("once.md", b"1", sync=True)


def test_a_reader_never_sees_half_a_file(tmp_path):
    path = tmp_path / "feed.xml"
    versions = [b"a" * 300_000, b"b" * 200_000]
    files.write(path, versions[0])
    seen = set()
    done = threading.Event()

    def read():
        while not done.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(40):
        files.write(path, versions[turn % 2])
    done.set()
    reader.join()
    assert seen <= set(versions)


def test_a_batch_returns_the_written_paths_in_order(tmp_path):
    pairs = [(tmp_path / f"{n % 3}" / f"{n}.md", b"%d" % n) for n in range(100)]
    files.write(pairs[1][0], pairs[1][1])
    expected = [str(path) for path, _ in pairs if path != pairs[1][0]]
    assert files.write_all(iter(pairs), sync=True) == expected
    assert [path.read_bytes() for path, _ in pairs] == [data for _, data in pairs]
    assert files.write_all(pairs, sync=True) == []
    assert temporaries(tmp_path) == []


@pytest.mark.parametrize("foreign", [b"a", b"other", b"bytes"], ids=["cut", "as long", "the same"])
def test_facts_are_noted_of_files_that_hold_the_bytes_only(tmp_path, monkeypatch, foreign):
    """Somebody may write to a file as soon as it has its name: what is noted then tells that it is another's."""
    changed, same, other = (tmp_path / name for name in ("changed", "same", "other"))
    for path in (same, other):
        path.write_bytes(b"bytes")
    replace = os.replace

    def hasty(source, target):
        replace(source, target)
        for path in (changed, other):
            path.write_bytes(foreign)

    monkeypatch.setattr(os, "replace", hasty)
    noted: dict[str, witness.Facts] = {}
    pairs = [(path, b"bytes") for path in (same, other, changed)]
    assert files.write_all(pairs, noted=noted) == [str(changed)]
    assert noted[str(same)] == witness.facts(same)
    assert noted[str(other)] != witness.facts(other), "they are those from before its bytes were compared"
    assert (str(changed) in noted) == (foreign == b"bytes")


def traced(monkeypatch, *names):
    """Return the list into which calls of these functions of `os` are noted, with the file they are about."""
    calls = []

    def wrap(name, original):
        def call(*args, **kwargs):
            target = str(Path(f"/proc/self/fd/{args[0]}").readlink()) if isinstance(args[0], int) else str(args[0])
            calls.append((name, re.sub(r"\.tmp-\w+", "TMP", target)))
            return original(*args, **kwargs)

        return call

    for name in names:
        monkeypatch.setattr(os, name, wrap(name, getattr(os, name)))
    return calls


def test_sync_flushes_files_before_their_names_and_every_folder_after(tmp_path, monkeypatch):
    calls = traced(monkeypatch, "replace", "fsync")
    monkeypatch.setattr(flushing, "file", lambda fd: calls.append(("data", os.fstat(fd).st_size)))
    files.write_all([(tmp_path / "new" / "deep" / "x", b"1"), (tmp_path / "y", b"22")], sync=True)
    temporary = f"{tmp_path}/TMP"
    assert calls == [
        ("data", 1),
        ("data", 2),
        ("replace", f"{tmp_path}/new/deep/TMP"),
        ("replace", temporary),
        ("fsync", str(tmp_path)),
        ("fsync", f"{tmp_path}/new"),
        ("fsync", f"{tmp_path}/new/deep"),
    ]


def test_a_file_that_may_not_be_read_is_replaced(tmp_path, monkeypatch):
    """Whatever its mode: who may write in the folder may put another file in its place."""
    path = tmp_path / "all.xml"
    path.write_bytes(b"old")
    path.chmod(0)
    real = os.open

    def refuse(name, flags, *rest):  # as root, who may read everything, sees nothing of a mode
        if not flags & (os.O_WRONLY | os.O_CREAT):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(name))
        return real(name, flags, *rest)

    monkeypatch.setattr(os, "open", refuse)
    assert files.write(path, b"new")  # of the same size, so that it would be read
    monkeypatch.undo()
    assert (path.read_bytes(), bool(path.stat().st_mode & 0o400)) == (b"new", True)


def test_without_sync_nothing_waits_for_the_disk(tmp_path, monkeypatch):
    calls = traced(monkeypatch, "fsync")
    monkeypatch.setattr(flushing, "file", calls.append)
    files.write(tmp_path / "x", b"1")
    files.create(tmp_path / "y", b"1")
    assert calls == []


# --- failures ---


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EACCES])
@pytest.mark.parametrize("name", ["write", "replace", "close", "flush"])
def test_a_failing_disk_leaves_the_old_bytes_and_nothing_else(tmp_path, monkeypatch, name, code):
    old = [(tmp_path / "a", b"old a"), (tmp_path / "b", b"old b")]
    files.write_all(old)
    before = descriptors()

    close = os.close

    def fail(*args):
        if name == "close":
            close(*args)
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(*((flushing, "file") if name == "flush" else (os, name)), fail)
    with pytest.raises(OSError) as caught:
        files.write_all([(path, b"new") for path, _ in old], sync=True)
    monkeypatch.undo()
    assert caught.value.errno == code
    assert [path.read_bytes() for path, _ in old] == [data for _, data in old]
    assert names_in(tmp_path) == ["a", "b"]
    assert descriptors() == before


def test_short_writes_are_continued(tmp_path, monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:7]))
    files.write(tmp_path / "x", bytes(range(100)))
    assert (tmp_path / "x").read_bytes() == bytes(range(100))


def test_an_error_names_the_file_that_was_meant(tmp_path):
    (tmp_path / "file").touch()
    for target in (tmp_path / "file/below", tmp_path / "folder"):
        (tmp_path / "folder/held").mkdir(parents=True, exist_ok=True)
        with pytest.raises(OSError, match=re.escape(str(target))) as caught:
            files.write(target, b"x")
        assert ".tmp-" not in str(caught.value)


def test_a_folder_in_the_way_is_an_error_and_leaves_nothing(tmp_path):
    (tmp_path / "x").mkdir()
    with pytest.raises(IsADirectoryError):
        files.write(tmp_path / "x", b"1")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotADirectoryError):
        files.write(tmp_path / "file" / "x", b"1")
    assert names_in(tmp_path) == ["file", "x"]


def test_files_renamed_before_a_failure_stay(tmp_path):
    (tmp_path / "b").mkdir()
    with pytest.raises(IsADirectoryError):
        files.write_all([(tmp_path / name, b"new") for name in "abc"])
    assert (tmp_path / "a").read_bytes() == b"new"
    assert names_in(tmp_path) == ["a", "b"]


def test_few_file_descriptors_are_enough(tmp_path):
    code = f"""
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
from aggregator import files
print(len(files.write_all([({str(tmp_path)!r} + f"/{{n}}", b"x") for n in range(500)], sync=True)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("500\n", "")


# --- create ---


def test_create_never_takes_the_place_of_another_file(tmp_path):
    assert files.create(tmp_path / "new" / "x", b"1", sync=True)
    assert not files.create(tmp_path / "new" / "x", b"2")
    assert (tmp_path / "new" / "x").read_bytes() == b"1"
    assert temporaries(tmp_path) == []


def test_create_loses_a_race_without_harm(tmp_path, monkeypatch):
    monkeypatch.setattr(os.path, "lexists", lambda path: False)
    (tmp_path / "x").write_bytes(b"theirs")
    assert not files.create(tmp_path / "x", b"ours")
    assert (tmp_path / "x").read_bytes() == b"theirs"
    assert names_in(tmp_path) == ["x"]


@pytest.mark.parametrize(("code", "works"), [(errno.EPERM, True), (errno.EIO, False)])
def test_create_does_without_hard_links_but_not_without_a_disk(tmp_path, monkeypatch, code, works):
    def fail(*args):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "link", fail)
    if works:
        assert files.create(tmp_path / "x", b"1")
        assert names_in(tmp_path) == ["x"]
    else:
        with pytest.raises(OSError):
            files.create(tmp_path / "x", b"1")
        assert names_in(tmp_path) == []


def test_what_is_created_is_for_its_owner_alone(tmp_path):
    """Whatever the umask; a folder that is there already stays as it is."""
    before = os.umask(0o022)
    try:
        files.create(tmp_path / "made", b"1")
        for _ in range(2):
            files.claim(tmp_path / "new" / "claimed")
        files.claim(tmp_path / "beside")
    finally:
        os.umask(before)
    found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")}
    assert found == {"made": 0o600, "new": 0o700, "claimed": 0o600, "beside": 0o600}


# --- rewrite ---


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_a_file_that_is_rewritten_keeps_mode_owner_and_link(tmp_path, mode):
    kept, link = tmp_path / "kept", tmp_path / "link"
    kept.write_bytes(b"old")
    kept.chmod(mode)
    owner = (1234, 2345) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
    os.chown(kept, *owner)
    link.symlink_to("kept")
    files.rewrite(link, b"new")
    assert kept.read_bytes() == b"new"
    assert link.is_symlink()
    assert (stat.S_IMODE(kept.stat().st_mode), kept.stat().st_uid, kept.stat().st_gid) == (mode, *owner)
    assert names_in(tmp_path) == ["kept", "link"]


def test_who_may_not_give_a_file_away_keeps_its_mode(tmp_path, monkeypatch):
    def fail(*args):
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "fchown", fail)
    (tmp_path / "kept").write_bytes(b"old")
    (tmp_path / "kept").chmod(0o600)
    files.rewrite(tmp_path / "kept", b"new")
    assert (tmp_path / "kept").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "kept").stat().st_mode) == 0o600


def test_rewriting_makes_what_is_not_there_and_leaves_what_holds_the_bytes(tmp_path):
    files.rewrite(tmp_path / "new" / "x", b"1")
    os.utime(tmp_path / "new" / "x", (1, 1))
    files.rewrite(tmp_path / "new" / "x", b"1")
    assert (tmp_path / "new" / "x").stat().st_mtime == 1


# --- read_bytes, digest, sweep ---


def test_only_regular_files_are_read(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "x").write_bytes(b"\0\xff")
    assert files.read_bytes(tmp_path / "x") == b"\0\xff"
    with pytest.raises(OSError, match="Not a regular file"):
        files.read_bytes(tmp_path / "fifo")
    with pytest.raises(OSError, match="Not a regular file"):
        files.read_bytes("/dev/zero")
    with pytest.raises(IsADirectoryError):
        files.read_bytes(tmp_path)
    with pytest.raises(FileNotFoundError):
        files.read_bytes(tmp_path / "none")


def test_a_digest_is_the_same_for_ever():
    assert files.digest(b"") == "cae66941d9efbd404e4d88758ea67670"
    assert files.digest(b"a") != files.digest(b"b")


def test_sweep_removes_what_a_killed_writer_left_and_nothing_else(tmp_path):
    code = f"""
import os, signal
from aggregator import files, flushing
flushing.file = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
files.write({str(tmp_path)!r} + "/deep/.duplicates/x.md", b"x", sync=True)
"""
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(temporaries(tmp_path)) == 1
    for name in (".tmp-notes", ".tmp-0123456789abcdef.md", "x.tmp-0123456789abcdef"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / ".tmp-0123456789abcdef").mkdir()
    assert leftovers.sweep(tmp_path) == 1
    assert leftovers.sweep(tmp_path) == 0
    assert len(temporaries(tmp_path)) == 3
    assert leftovers.sweep(tmp_path / "none") == 0


def test_staged_files_are_renamed_into_folders_that_are_made(tmp_path):
    """A folder for temporary files stays empty, and the targets' folders need not exist."""
    pairs = [(tmp_path / "a" / f"{number}" / "x.md", b"x") for number in range(3)]
    assert files.write_all(pairs, staging=tmp_path / ".staging") == [str(path) for path, _ in pairs]
    assert all(path.read_bytes() == b"x" for path, _ in pairs)
    assert list((tmp_path / ".staging").iterdir()) == []
    assert files.write_all(pairs, staging=tmp_path / ".staging") == []


def test_a_staged_file_that_has_no_place_is_dropped(tmp_path):
    """An error leaves no temporary file behind."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="Not a directory"):
        files.write_all([(tmp_path / "file" / "x.md", b"x")], staging=tmp_path / ".staging")
    assert list((tmp_path / ".staging").iterdir()) == []
