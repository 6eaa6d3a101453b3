//! Copies the C headers of the dependencies, and blst's C sources for builds without a system, to
//! $DRYSTONE_DEPS_INCLUDE (scripts/deps sets it).
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Folder of a package of Cargo.lock, for a crate whose build script does not tell.
fn package_dir(name: &str) -> PathBuf {
    let cargo = env::var("CARGO").expect("set by cargo");
    // Only this platform's packages: the others of the lock file need not be on this machine.
    let platform = env::var("TARGET").expect("set by cargo");
    let args = ["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform"];
    let out = Command::new(cargo).args(args).arg(platform).output().expect("cargo metadata runs");
    assert!(out.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8(out.stdout).expect("JSON is UTF-8");
    let mark = "\"manifest_path\":\"";
    for (at, _) in text.match_indices(mark) {
        let rest = &text[at + mark.len()..];
        let manifest = Path::new(&rest[..rest.find('"').expect("a closed string")]);
        let dir = manifest.parent().expect("a file in a folder");
        let base = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if base == name || base.starts_with(&format!("{name}-")) {
            return dir.to_path_buf();
        }
    }
    panic!("no package {name} in cargo metadata");
}

/// Copy the .h files below one folder into another, keeping sub-folders.
fn copy_headers(from: &Path, to: &Path) {
    copy_files(from, to, &["h"]);
}

fn copy_files(from: &Path, to: &Path, extensions: &[&str]) {
    fs::create_dir_all(to).expect("make include folder");
    for entry in fs::read_dir(from).expect("read headers' folder") {
        let path = entry.expect("read headers' folder").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            if path.file_name().is_some_and(|n| n != "test") {
                copy_files(&path, &target, extensions);
            }
        } else if path.extension().is_some_and(|e| extensions.iter().any(|x| e == *x)) {
            fs::copy(&path, &target).expect("copy a file");
        }
    }
}

fn main() {
    println!("cargo:rerun-if-env-changed=DRYSTONE_DEPS_INCLUDE");
    let setup = package_dir("c-kzg").join("bindings/rust/src/ethereum_kzg_settings");
    println!("cargo:rustc-env=DRYSTONE_KZG_SETUP={}", setup.display());
    let Ok(include) = env::var("DRYSTONE_DEPS_INCLUDE") else {
        return;
    };
    let include = Path::new(&include);
    let blst = env::var("DEP_BLST_BINDINGS").expect("blst tells where its headers are");
    let wasmtime = env::var("DEP_WASMTIME_C_API_INCLUDE").expect("wasmtime tells, too");
    for name in ["blst.h", "blst_aux.h"] {
        fs::create_dir_all(include).expect("make include folder");
        fs::copy(Path::new(&blst).join(name), include.join(name)).expect("copy a header");
    }
    copy_files(&package_dir("blst").join("blst/src"), &include.join("blst-src"), &["c", "h"]);
    copy_headers(&package_dir("c-kzg").join("src"), include);
    copy_headers(Path::new(&wasmtime), include);
}
