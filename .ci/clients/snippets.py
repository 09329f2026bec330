"""Checks that each ```js block of the guide is the file that the comment above it names. --write makes it so."""

import pathlib
import re
import sys

GUIDE = pathlib.Path("docs/guides/clients.md")
BLOCK = re.compile(r"(?P<mark><!-- (?P<name>clients/\S+\.js) -->\n)?```js\n(?P<code>.*?)^```$", re.S | re.M)

guide = GUIDE.read_text()
wrong, shown = [], set()


def check(block):
    if not block["name"]:
        wrong.append("a ```js block without a comment that names its file")
        return block[0]
    shown.add(block["name"])
    code = (GUIDE.parent / block["name"]).read_text()
    if block["code"] != code:
        wrong.append(f"the block is not {block['name']}")
    return f"{block['mark']}```js\n{code}```"


written = BLOCK.sub(check, guide)
if "--write" in sys.argv:
    GUIDE.write_text(written)
    sys.exit()
files = {f"clients/{path.name}" for path in (GUIDE.parent / "clients").glob("*.js")}
wrong += [f"{name} is not shown" for name in sorted(files - shown)]
for problem in wrong:
    print(f"{GUIDE}: {problem}", file=sys.stderr)
print(f"snippets: {len(shown)} compared, {len(wrong)} wrong")
sys.exit(1 if wrong else 0)
