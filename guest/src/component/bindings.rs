//! What wit-bindgen makes of `wit/`.

use super::Component;

#[cfg(feature = "connect")]
wit_bindgen::generate!({
    world: "switchboard",
    path: "../wit",
    generate_all,
    pub_export_macro: true,
    default_bindings_module: "crate::component::bindings",
});
#[cfg(feature = "connect")]
export!(Component with_types_in crate::component::bindings::freeing);

#[cfg(not(feature = "connect"))]
wit_bindgen::generate!({
    world: "switchboard-tls",
    path: "../wit",
    generate_all,
    default_bindings_module: "crate::component::bindings",
});
#[cfg(not(feature = "connect"))]
export!(Component);

/// What is generated, except that the parameters of these functions are freed: of an `async` export with more than 16
/// flat values the caller puts them into memory that is ours, and wit-bindgen 0.62 forgets it. A call reads them before
/// it returns for the first time.
#[cfg(feature = "connect")]
mod freeing {
    /// The interface `$interface`, whose `$create` has options of `$size` bytes in memory, and an `attempt` that runs it.
    macro_rules! freeing {
        ($interface:ident, $create:ident, $size:literal) => {
            pub mod $interface {
                use super::generated::$interface as generated;
                pub use generated::*;
                use std::alloc::{Layout, dealloc};

                #[repr(C, align(8))]
                struct Options([u8; $size]);

                /// The parameters of `attempt.run`.
                #[repr(C)]
                struct Run(u32, Options);

                pub unsafe fn $create<T: Guest>(parameters: *mut u8) -> i32 {
                    unsafe {
                        let status = generated::$create::<T>(parameters);
                        dealloc(parameters, Layout::new::<Options>());
                        status
                    }
                }

                pub unsafe fn _export_method_attempt_run_cabi<T: GuestAttempt>(
                    parameters: *mut u8,
                ) -> i32 {
                    unsafe {
                        let status = generated::_export_method_attempt_run_cabi::<T>(parameters);
                        dealloc(parameters, Layout::new::<Run>());
                        status
                    }
                }
            }
        };
    }

    pub mod exports {
        pub use super::super::exports::wasi;

        pub mod switchboard {
            pub mod connect {
                use crate::component::bindings::exports::switchboard::connect as generated;
                pub use generated::{tls, tls_engine, types};

                freeing!(streams, _export_create_connection_cabi, 272);
                freeing!(datagrams, _export_create_datagram_endpoint_cabi, 168);
            }
        }
    }
}
