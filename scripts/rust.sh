# Sourced by scripts/setup and scripts/deps: puts a cargo of at least RUST_MIN first, or returns 1.
RUST_MIN=1.95

rust_recent() { # rust_recent TOOL: is its version at least RUST_MIN?
    local have
    have=$("$1" --version 2>/dev/null | sed -n 's/^[a-z]* \([0-9]*\.[0-9]*\).*/\1/p')
    [ -n "$have" ] && [ "$(printf '%s\n%s\n' "$RUST_MIN" "$have" | sort -V | head -1)" = "$RUST_MIN" ]
}

rust_find() {
    local dir
    for dir in "" "${CARGO_HOME:-$HOME/.cargo}/bin" /usr/local/bin /usr/bin; do
        if [ -n "$dir" ] && [ ! -x "$dir/cargo" ]; then
            continue
        fi
        if rust_recent "${dir:+$dir/}cargo" && rust_recent "${dir:+$dir/}rustc"; then
            PATH=${dir:+$dir:}$PATH
            export PATH
            return 0
        fi
    done
    # A rustup whose default toolchain is older: use its stable one for this project alone.
    for dir in "" "${CARGO_HOME:-$HOME/.cargo}/bin/"; do
        if command -v "${dir}rustup" >/dev/null 2>&1 &&
            RUSTUP_TOOLCHAIN=stable rust_recent "${dir}cargo"; then
            PATH=${dir:+$dir:}$PATH
            RUSTUP_TOOLCHAIN=stable
            export PATH RUSTUP_TOOLCHAIN
            return 0
        fi
    done
    return 1
}
