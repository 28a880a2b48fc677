//! What wit-bindgen makes of `wit/`.

use super::Component;

#[cfg(all(feature = "connect", not(feature = "posix")))]
wit_bindgen::generate!({
    world: "switchboard",
    path: "../wit",
    generate_all,
    pub_export_macro: true,
    default_bindings_module: "crate::component::bindings",
});
#[cfg(feature = "posix")]
wit_bindgen::generate!({
    world: "switchboard:component/switchboard-posix",
    path: ["../wit", "../wit/posix/sockets.wit", "../wit/component/world.wit"],
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
    /// The interface `$interface` with these functions: their names, the bound of their type parameter, and the size and
    /// the alignment of their parameters in memory.
    macro_rules! freeing {
        ($interface:ident, $($function:ident, $guest:ident, $size:literal, $align:literal;)*) => {
            pub mod $interface {
                use super::generated::$interface as generated;
                pub use generated::*;
                use std::alloc::{Layout, dealloc};

                $(
                    pub unsafe fn $function<T: $guest>(parameters: *mut u8) -> i32 {
                        #[repr(C, align($align))]
                        struct Parameters([u8; $size]);
                        unsafe {
                            let status = generated::$function::<T>(parameters);
                            dealloc(parameters, Layout::new::<Parameters>());
                            status
                        }
                    }
                )*
            }
        };
    }

    pub mod exports {
        pub use super::super::exports::wasi;

        pub mod switchboard {
            pub mod connect {
                use crate::component::bindings::exports::switchboard::connect as generated;
                pub use generated::{tls, tls_engine, types};

                freeing!(streams,
                    _export_create_connection_cabi, Guest, 280, 8;
                    _export_create_unix_connection_cabi, Guest, 128, 8;
                    _export_method_attempt_run_cabi, GuestAttempt, 288, 8;
                    _export_method_attempt_run_unix_cabi, GuestAttempt, 136, 8;
                );
                freeing!(datagrams,
                    _export_create_datagram_endpoint_cabi, Guest, 192, 8;
                    _export_method_attempt_run_cabi, GuestAttempt, 200, 8;
                    _export_method_endpoint_send_to_cabi, GuestEndpoint, 52, 4;
                );
            }
        }
    }
}
