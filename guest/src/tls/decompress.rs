//! Certificates that came compressed (RFC 8879) by zlib.

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_COMPUTE_ADLER32, TINFL_FLAG_PARSE_ZLIB_HEADER,
    TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};
use rustls::CertificateCompressionAlgorithm;
use rustls::compress::{CertDecompressor, DecompressionFailed};

/// For the `cert_decompressors` of a configuration.
pub const ALL: &[&dyn CertDecompressor] = &[&Zlib];

#[derive(Debug)]
struct Zlib;

impl CertDecompressor for Zlib {
    /// `output` is as long as the peer said that its certificates are, of which rustls takes 64 KiB at most: a bomb finds
    /// no room to go off.
    fn decompress(&self, input: &[u8], output: &mut [u8]) -> Result<(), DecompressionFailed> {
        let flags = TINFL_FLAG_PARSE_ZLIB_HEADER
            | TINFL_FLAG_COMPUTE_ADLER32
            | TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let mut state = Box::<DecompressorOxide>::default();
        let (status, read, written) = decompress(&mut state, input, output, 0, flags);
        match status == TINFLStatus::Done && read == input.len() && written == output.len() {
            true => Ok(()),
            false => Err(DecompressionFailed),
        }
    }

    fn algorithm(&self) -> CertificateCompressionAlgorithm {
        CertificateCompressionAlgorithm::Zlib
    }
}
