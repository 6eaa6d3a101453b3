//! Nothing of our own: this crate only links the C interfaces of its dependencies into one archive.
extern crate blst as _;
extern crate c_kzg as _;
extern crate wasmtime_c_api as _;
