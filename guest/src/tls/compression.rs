//! Certificates compressed (RFC 8879) by zlib.

use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_COMPUTE_ADLER32, TINFL_FLAG_PARSE_ZLIB_HEADER,
    TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};
use rustls::CertificateCompressionAlgorithm;
use rustls::compress::{
    CertCompressor, CertDecompressor, CompressionFailed, CompressionLevel, DecompressionFailed,
};

/// For the `cert_decompressors` of a configuration.
pub const DECOMPRESSORS: &[&dyn CertDecompressor] = &[&Zlib];

/// For the `cert_compressors` of a configuration, which does it once for each chain and keeps it.
pub const COMPRESSORS: &[&dyn CertCompressor] = &[&Zlib];

/// As `zlib` calls its best.
const BEST: u8 = 9;

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

impl CertCompressor for Zlib {
    fn compress(&self, input: Vec<u8>, _: CompressionLevel) -> Result<Vec<u8>, CompressionFailed> {
        Ok(compress_to_vec_zlib(&input, BEST))
    }

    fn algorithm(&self) -> CertificateCompressionAlgorithm {
        CertificateCompressionAlgorithm::Zlib
    }
}
