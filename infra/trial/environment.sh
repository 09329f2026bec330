# Sourced in the repository's root: the tools from PyPI, in .tools and nowhere else.

# environment FOLDER PACKAGE ...: a virtual environment with exactly these packages, made when the list changes.
environment() {
    local folder=.tools/$1
    shift
    if [ "$(cat "$folder/packages.txt" 2>/dev/null)" != "$*" ]; then
        echo "installing $* into $folder"
        python3 -m venv "$folder"
        "$folder/bin/pip" install --quiet --disable-pip-version-check "$@"
        echo "$*" >"$folder/packages.txt"
    fi
}

# A venv of its own: ministack pins botocore.
environment ministack 'ministack[full]==1.5.33'
environment sam aws-sam-cli==1.170.0 cfn-lint==1.58.0 websockets==17.4 'PyJWT[crypto]==2.15.1' joserfc==1.8.0
