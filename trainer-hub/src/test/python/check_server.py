# SPDX-License-Identifier: Apache-2.0
"""Holds the test server of this module, and the library, against Python's huggingface_hub.

Python creates a repository, uploads a folder, lists it, downloads it and resumes; then Java reads the cache that Python wrote and Python
the one that Java wrote, and each reads what the other pushed.

    ./mvnw -q -pl trainer-hub -am test-compile
    ./mvnw -q -pl trainer-hub dependency:build-classpath -Dmdep.outputFile=target/classpath.txt -Dmdep.includeScope=test
    CP=trainer-hub/target/test-classes:trainer-hub/target/classes:$(cat trainer-hub/target/classpath.txt)
    python trainer-hub/src/test/python/check_server.py "$CP"

With --speed MEGABYTES it compares the time of both clients for a download of that size instead.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TOKEN = "hf_sEcReT0123456789"  # The one that the test server knows.


def java(classpath, main, *args, **environment):
    options = os.environ.get("JAVA_OPTS", "").split()
    return subprocess.Popen(
        ["java", *options, "-cp", classpath, "dev.trainer4j.hub." + main, *map(str, args)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=sys.stderr, text=True,
        env={**os.environ, **environment})


def run(classpath, *args, **environment):
    process = java(classpath, "CacheProbe", *args, **environment)
    out, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"CacheProbe {args} failed")
    return out.splitlines()


def hashes(folder):
    folder = Path(folder)
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*")) if file.is_file()}


def printed(lines):
    return {name: digest for digest, name in (line.split(" ", 1) for line in lines)}


def expect(what, condition):
    print(("ok      " if condition else "FAILED  ") + what, flush=True)
    if not condition:
        raise SystemExit(1)


def sample(folder):
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"model_type": "tiny"}')
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# Card\n")
    (folder / "model.safetensors").write_bytes(os.urandom(3 << 20))  # in one piece
    (folder / "large.safetensors").write_bytes(os.urandom(13 << 20))  # in parts
    (folder / "sub").mkdir()
    (folder / "sub" / "leer.txt").write_text("")
    (folder / "sub" / "späße 1.txt").write_text("a name to be quoted")


def check(classpath, work, endpoint):
    from huggingface_hub import HfApi, hf_hub_download, snapshot_download, try_to_load_from_cache
    from huggingface_hub.errors import EntryNotFoundError, RepositoryNotFoundError, RevisionNotFoundError
    from huggingface_hub.file_download import _CACHED_NO_EXIST

    api = HfApi(endpoint=endpoint, token=TOKEN)
    source = work / "source"
    sample(source)

    # Python against the server.
    url = api.create_repo("tester/python", exist_ok=True)
    api.create_repo("tester/python", exist_ok=True)
    expect("create_repo", url.repo_id == "tester/python")
    commit = api.upload_folder(repo_id="tester/python", folder_path=source, commit_message="From Python")
    expect("upload_folder", len(commit.oid) == 40)
    expect("list_repo_files", sorted(api.list_repo_files("tester/python")) == sorted(hashes(source)))
    expect("list_repo_commits", api.list_repo_commits("tester/python")[0].title == "From Python")
    again = api.upload_folder(repo_id="tester/python", folder_path=source, commit_message="Nothing new")
    expect("upload_folder of nothing new", again.oid == commit.oid)
    api.create_branch("tester/python", branch="dev", exist_ok=True)
    expect("create_branch", "dev" in [b.name for b in api.list_repo_refs("tester/python").branches])
    cache = work / "python-cache"
    options = {"endpoint": endpoint, "token": TOKEN, "cache_dir": cache}
    folder = snapshot_download("tester/python", **options)
    expect("snapshot_download", hashes(folder) == hashes(source))
    blob = (Path(folder) / "large.safetensors").resolve()
    blob.unlink()
    (Path(folder) / "large.safetensors").unlink()
    folder = snapshot_download("tester/python", **options)
    expect("snapshot_download goes on", hashes(folder) == hashes(source))
    for error, repo, revision, name in (
            (EntryNotFoundError, "tester/python", "main", "none.json"),
            (RevisionNotFoundError, "tester/python", "v9", "config.json"),
            (RepositoryNotFoundError, "tester/none", "main", "config.json")):
        try:
            hf_hub_download(repo, name, revision=revision, **options)
            expect(error.__name__, False)
        except error:
            expect(error.__name__, True)

    # Java reads what Python wrote, without the network.
    environment = {"HF_ENDPOINT": endpoint, "HF_TOKEN": TOKEN, "HF_HUB_CACHE": str(cache)}
    lines = run(classpath, "offline", "tester/python", "main", **environment)
    expect("Java reads Python's cache offline", lines[0] == folder and printed(lines[1:]) == hashes(source))
    before = {file: file.stat().st_mtime_ns for file in cache.rglob("blobs/*")}
    lines = run(classpath, "download", "tester/python", "main", **environment)
    after = {file: file.stat().st_mtime_ns for file in cache.rglob("blobs/*")}
    expect("Java downloads nothing that Python has", lines[0] == folder and before == after)

    # Python reads what Java wrote.
    cache = work / "java-cache"
    environment["HF_HUB_CACHE"] = str(cache)
    lines = run(classpath, "download", "tester/python", "main", **environment)
    expect("Java downloads what Python pushed", printed(lines[1:]) == hashes(source))
    options["cache_dir"] = cache
    local = snapshot_download("tester/python", local_files_only=True, **options)
    expect("Python reads Java's cache offline", local == lines[0] and hashes(local) == hashes(source))
    single = hf_hub_download("tester/python", "config.json", local_files_only=True, **options)
    expect("Python finds a file in Java's cache", Path(single).read_text() == (source / "config.json").read_text())
    before = {file: file.stat().st_mtime_ns for file in cache.rglob("blobs/*")}
    snapshot_download("tester/python", **options)
    after = {file: file.stat().st_mtime_ns for file in cache.rglob("blobs/*")}
    expect("Python downloads nothing that Java has", before == after)
    expect("Java knows what is missing", run(classpath, "missing", "tester/python", "none.json", **environment) == ["true"])
    expect("Python knows it from Java",
           try_to_load_from_cache("tester/python", "none.json", cache_dir=cache) is _CACHED_NO_EXIST)

    # Java pushes, Python reads.
    oid = run(classpath, "upload", "tester/java", str(source), **environment)[0]
    folder = snapshot_download("tester/java", **options)
    expect("Python downloads what Java pushed", Path(folder).name == oid and hashes(folder) == hashes(source))
    (source / "model.safetensors").write_bytes(os.urandom(3 << 20))
    api.upload_folder(repo_id="tester/java", folder_path=source, commit_message="More")
    lines = run(classpath, "download", "tester/java", "main", **environment)
    expect("Java downloads what Python changed", printed(lines[1:]) == hashes(source))


def speed(classpath, work, endpoint, megabytes):
    from huggingface_hub import HfApi, snapshot_download

    api = HfApi(endpoint=endpoint, token=TOKEN)
    source = work / "source"
    source.mkdir()
    for i in range(4):
        with open(source / f"model-{i}.safetensors", "wb") as file:
            for _ in range(megabytes // 4):
                file.write(os.urandom(1_000_000))
    api.create_repo("tester/speed", exist_ok=True)
    api.upload_folder(repo_id="tester/speed", folder_path=source)
    shutil.rmtree(source)
    for turn in range(3):
        cache = work / "cache"
        begin = time.time()
        snapshot_download("tester/speed", endpoint=endpoint, token=TOKEN, cache_dir=cache)
        print(f"Python {time.time() - begin:.2f} s", flush=True)
        shutil.rmtree(cache)
        environment = {"HF_ENDPOINT": endpoint, "HF_TOKEN": TOKEN, "HF_HUB_CACHE": str(cache)}
        begin = time.time()
        run(classpath, "download", "tester/speed", "main", "quiet", **environment)
        print(f"Java {time.time() - begin:.2f} s with the start of the JVM", flush=True)
        shutil.rmtree(cache)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("classpath")
    parser.add_argument("--speed", type=int, metavar="MEGABYTES")
    args = parser.parse_args()
    os.environ["HF_HUB_DISABLE_XET"] = "1"
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    work = Path(tempfile.mkdtemp(prefix="hub-check-"))
    os.environ["HF_HOME"] = str(work / "home")
    server = java(args.classpath, "HubServer", work / "store")
    try:
        endpoint = server.stdout.readline().strip()
        os.environ["HF_ENDPOINT"] = endpoint
        if args.speed:
            speed(args.classpath, work, endpoint, args.speed)
        else:
            check(args.classpath, work, endpoint)
    finally:
        server.stdin.close()
        server.wait(10)
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
