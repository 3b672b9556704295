# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# For the tests in this folder: an installation of the build in a temporary directory, which goes
# with the test. meson.build sets the environment.

die() {
        echo "$0: $*" >&2
        exit 1
}

# Installs below $root, the private prefix of a user. ekiden.pc is told where that is, as if the
# build had been configured with that prefix.
install_privately() {
        local pc

        work=$(mktemp -d "${TMPDIR:-/tmp}/ekiden-install.XXXXXX")
        trap 'clean_up' EXIT
        "$MESON" install --no-rebuild -C "$BUILD_DIR" --destdir "$work/destination" \
                >"$work/install.log" 2>&1 || die "meson install failed: $(cat "$work/install.log")"
        root=$work/destination$PREFIX
        library_dir=$root/$LIBDIR
        pc=$library_dir/pkgconfig/ekiden.pc
        [[ -f $pc ]] || die "ekiden.pc is not installed"
        sed -i "s|^prefix=.*|prefix=$root|" "$pc"
        export PKG_CONFIG_PATH=$library_dir/pkgconfig
        export LD_LIBRARY_PATH=$library_dir
}

# A test that started processes replaces this by its own.
clean_up() {
        rm -rf "$work"
}
