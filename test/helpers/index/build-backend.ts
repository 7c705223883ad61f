/**
 * A build backend (PEP 517) that an sdist carries with it (backend-path), so that pip can build the sdist
 * without fetching anything else. It packs `src/` and PKG-INFO into a wheel.
 */
export const BUILD_BACKEND = `\
import base64
import hashlib
import os
import zipfile


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    with open("PKG-INFO", "rb") as stream:
        metadata = stream.read()
    head = metadata.decode("utf-8").split("\\n\\n")[0]
    fields = dict(line.split(": ", 1) for line in head.split("\\n"))
    stem = "%s-%s" % (fields["Name"].lower().replace("-", "_").replace(".", "_"), fields["Version"])
    members = []
    for folder, _, names in sorted(os.walk("src")):
        for name in sorted(names):
            path = os.path.join(folder, name)
            with open(path, "rb") as stream:
                members.append((os.path.relpath(path, "src").replace(os.sep, "/"), stream.read()))
    info = stem + ".dist-info/"
    members.append((info + "METADATA", metadata))
    wheel = b"Wheel-Version: 1.0\\nGenerator: fixture\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    members.append((info + "WHEEL", wheel))
    if os.path.exists("entry_points.txt"):
        with open("entry_points.txt", "rb") as stream:
            members.append((info + "entry_points.txt", stream.read()))
    record = ""
    for path, data in members:
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode("ascii")
        record += "%s,sha256=%s,%d\\n" % (path, digest, len(data))
    members.append((info + "RECORD", (record + info + "RECORD,,\\n").encode("utf-8")))
    filename = stem + "-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, filename), "w") as archive:
        for path, data in members:
            archive.writestr(path, data)
    return filename
`
