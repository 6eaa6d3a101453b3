//! Nothing of our own: this crate only links the C interfaces of its dependencies into one archive,
//! and adds to it the KZG ceremony's points, which the c-kzg crate carries as files.
extern crate blst as _;
extern crate c_kzg as _;
extern crate wasmtime_c_api as _;

macro_rules! setup_file {
    ($name:ident, $len:expr, $file:expr) => {
        #[allow(non_upper_case_globals)]
        #[unsafe(no_mangle)]
        pub static $name: [u8; $len] = *include_bytes!(concat!(env!("DRYSTONE_KZG_SETUP"), $file));
    };
}
setup_file!(drystone_kzg_g1_monomial, 4096 * 48, "/g1_monomial_bytes.bin");
setup_file!(drystone_kzg_g1_lagrange, 4096 * 48, "/g1_lagrange_bytes.bin");
setup_file!(drystone_kzg_g2_monomial, 65 * 96, "/g2_monomial_bytes.bin");
