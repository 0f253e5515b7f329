#!/usr/bin/env bash
# Checks the Debian package as it is, without installing it: lintian, the manual against the program, completions in their
# shells, the units. Also that `make install` and `make uninstall` leave nothing behind.
#
# Usage: Tests/Service/package.sh DIRECTORY-OF-THE-PACKAGE
set -euo pipefail

readonly source=$(cd "$(dirname "$0")/../.." && pwd)
readonly package=$(echo "$1"/portlog_*.deb)
readonly scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0

failed() {
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}

[[ -f $package ]] || { echo "no package in $1: make deb" >&2; exit 1; }
dpkg-deb -x "$package" "$scratch/root"
readonly root=$scratch/root portlog=$scratch/root/usr/bin/portlog

size=$(stat -c %s "$package")
echo "package: $((size / 1024)) KiB, installed $(du -sk "$root" | cut -f 1) KiB"
((size < 30 * 1024 * 1024)) || failed "the package takes $size bytes"

# Exactly the four libraries.
needed=$(dpkg-deb -f "$package" Depends | tr ',' '\n' | sed 's/^ *//; s/ .*//' | sort | xargs)
[[ $needed == "libc6 libgcc-s1 libsqlite3-0 libstdc++6" ]] || failed "the package depends on $needed"

lintian=$(lintian --allow-root --no-cfg "$package" 2>&1) || true
[[ -z $lintian ]] || failed "lintian: $lintian"

# A page for each command, with each of its options, and none besides. Names are looked up among these pages and the host's.
gunzip -r "$root/usr/share/man"
pages=$(cd "$root/usr/share/man" && find . -type f | sort)
"$source/Scripts/manual" "$portlog" "$scratch/fresh" "$source/etc/portlog.yaml"
for page in "$scratch"/fresh/*; do
    installed=$root/usr/share/man/man${page##*.}/${page##*/}
    cmp -s <(grep -v '^\.Dd' "$page") <(grep -v '^\.Dd' "$installed") || failed "the manual has no fresh ${page##*/}"
    grep -q '^\.Sh DESCRIPTION' "$page" || failed "${page##*/} describes nothing"
    lint=$(mandoc -T lint -W style "$page" 2>/dev/null | grep -v 'STYLE: referenced manual not found' || true)
    [[ -z $lint ]] || failed "mandoc: $lint"
    while read -r name section; do
        [[ $name != portlog* || -f $scratch/fresh/$name.$section ]] || failed "${page##*/} refers to $name($section)"
    done < <(sed -n 's/^\.\(It \)*Xr \([^ ]*\) \([0-9]\).*/\2 \3/p' "$page")
done
[[ $(wc -l <<<"$pages") -eq $(ls "$scratch/fresh" | wc -l) ]] || failed "the manual has pages of no command: $pages"
commands() { "$portlog" "$@" --help | sed -n '/^SUBCOMMANDS:/,$s/^  \([a-z][a-z-]*\) .*/\1/p'; }
(($(commands | wc -l) >= 10)) || failed "the program names $(commands | wc -l) commands"
options=0
for command in $(commands); do
    page=$root/usr/share/man/man1/portlog-$command.1
    [[ -f $page ]] || { failed "portlog $command has no page"; continue; }
    while read -r option; do
        options=$((options + 1))
        grep -q -- "Fl .*-${option#--}\b" "$page" || failed "${page##*/} lacks $option"
    done < <("$portlog" "$command" --help | grep -oE '^  (-[a-z], )?--[a-z-]+' | grep -oE -- '--[a-z-]+')
done
((options >= 40)) || failed "the commands have $options options"
echo "manual: $(wc -l <<<"$pages") pages, $options options"

# Completions, each in its shell.
completions=$root/usr/share
offered=$(bash -c 'source "$1"; COMP_WORDS=(portlog ""); COMP_CWORD=1; COMP_LINE="portlog "; COMP_POINT=8
    _portlog portlog "" portlog; printf "%s\n" "${COMPREPLY[@]}"' - \
    "$completions/bash-completion/completions/portlog" 2>&1) || true
[[ $offered == *time-wait* && $offered == *ephemeral* ]] || failed "bash offers: $offered"
offered=$(PATH=$root/usr/bin:$PATH fish --no-config -c "source $completions/fish/vendor_completions.d/portlog.fish
    complete --do-complete 'portlog '" 2>&1) || true
[[ $offered == *time-wait* && $offered == *ephemeral* ]] || failed "fish offers: $offered"
# What zsh finds below a folder in the places where it looks by itself: the path of the completion and what it offers.
zsh_loads() {
    zsh -f -c 'root=$1; fpath=($root${^fpath} $fpath); autoload -Uz compinit && compinit -u -D
        print -- $_comps[portlog]; autoload -Uz +X _portlog && print -- $functions_source[_portlog] && functions _portlog' - "$1" 2>&1 || true
}
offered=$(zsh_loads "$root")
[[ $offered == _portlog*"$root"/usr/share/zsh/*time-wait* ]] || failed "zsh loads: $offered"

# The units. systemd-analyze wants the program to be where the unit says, and its pages to be there.
mkdir -p "$scratch/units"
for unit in "$root"/lib/systemd/system/*; do
    sed "s|/usr/bin/portlog|$portlog|; /^Documentation=/d" "$unit" >"$scratch/units/${unit##*/}"
done
said=$(systemd-analyze verify --man=no "$scratch"/units/portlog.service 2>&1) || true
[[ -z $said ]] || failed "systemd-analyze verify: $said"
score=$(systemd-analyze security --offline=yes --no-pager "$scratch/units/portlog.service" | sed -n 's/.*exposure level.*: \([0-9.]*\) .*/\1/p')
echo "systemd-analyze security: $score"
awk -v score="${score:-10}" 'BEGIN { exit !(score <= 2.0) }' || failed "systemd-analyze security: $score"

# Without dpkg.
for action in "install $portlog" uninstall; do
    DESTDIR=$scratch/other PREFIX=/opt/portlog "$source/Scripts/install" $action >/dev/null
    DESTDIR=$scratch/local "$source/Scripts/install" $action >/dev/null
    if [[ $action == install* ]]; then
        grep -q '^ExecStart=/opt/portlog/bin/portlog record' "$scratch/other/opt/portlog/lib/systemd/system/portlog.service" ||
            failed "the unit does not start /opt/portlog/bin/portlog"
        "$scratch/other/opt/portlog/bin/portlog" --version >/dev/null || failed "the installed program does not run"
        offered=$(zsh_loads "$scratch/local")
        [[ $offered == _portlog*"$scratch"/local/usr/local/*time-wait* ]] || failed "zsh loads of make install: $offered"
    fi
done
left=$(find "$scratch/other" "$scratch/local" ! -type d ! -path "*/etc/portlog/portlog.yaml")
[[ -z $left ]] || failed "make uninstall leaves $left"

((failures == 0)) || { echo "package: $failures failures" >&2; exit 1; }
echo "package: ok"
