//! ML-KEM-768 (FIPS 203), the half of the hybrid that a quantum computer does not break.

use libcrux_ml_kem::mlkem768::{self, MlKem768Ciphertext, MlKem768PrivateKey, MlKem768PublicKey};
use rustls::{Error, PeerMisbehaved};
use zeroize::{Zeroize, Zeroizing};

use crate::random;

/// Bytes of an encapsulation key, of a ciphertext and of the secret (FIPS 203 section 8, table 3).
pub(crate) const ENCAPSULATION_KEY_LEN: usize = 1184;
pub(crate) const CIPHERTEXT_LEN: usize = 1088;
pub(crate) const SECRET_LEN: usize = 32;

/// Bytes of randomness: `d` and `z` for a key, `m` for an encapsulation (FIPS 203 section 7).
const KEY_SEED_LEN: usize = 64;
const ENCAPSULATION_SEED_LEN: usize = 32;

pub(crate) type Secret = Zeroizing<[u8; SECRET_LEN]>;

/// The client's side: a key pair for one handshake.
pub(crate) struct Decapsulator {
    secret: MlKem768PrivateKey,
    public: MlKem768PublicKey,
}

impl Decapsulator {
    pub(crate) fn generate() -> Result<Self, Error> {
        Ok(Self::from_seed(&*random::bytes()?))
    }

    fn from_seed(seed: &[u8; KEY_SEED_LEN]) -> Self {
        let (secret, public) = mlkem768::generate_key_pair(*seed).into_parts();
        Self { secret, public }
    }

    pub(crate) fn encapsulation_key(&self) -> &[u8; ENCAPSULATION_KEY_LEN] {
        self.public.as_slice()
    }

    /// The secret in `ciphertext`. One that was tampered with gives another secret, not an error: the handshake then
    /// fails at its first protected record (FIPS 203 section 6.3).
    pub(crate) fn decapsulate(&self, ciphertext: &[u8]) -> Result<Secret, Error> {
        let ciphertext = MlKem768Ciphertext::try_from(ciphertext)
            .map_err(|_| PeerMisbehaved::InvalidKeyShare)?;
        Ok(Zeroizing::new(mlkem768::decapsulate(
            &self.secret,
            &ciphertext,
        )))
    }
}

impl Drop for Decapsulator {
    fn drop(&mut self) {
        // The library does not do it.
        self.secret[0..].zeroize();
    }
}

/// The server's side: a fresh secret for whoever holds the key to `encapsulation_key`, and the ciphertext for them.
pub(crate) fn encapsulate(
    encapsulation_key: &[u8],
) -> Result<([u8; CIPHERTEXT_LEN], Secret), Error> {
    encapsulate_from_seed(encapsulation_key, &*random::bytes()?)
}

fn encapsulate_from_seed(
    encapsulation_key: &[u8],
    seed: &[u8; ENCAPSULATION_SEED_LEN],
) -> Result<([u8; CIPHERTEXT_LEN], Secret), Error> {
    let key = MlKem768PublicKey::try_from(encapsulation_key)
        .map_err(|_| PeerMisbehaved::InvalidKeyShare)?;
    // The modulus check, which FIPS 203 section 7.2 puts before every encapsulation.
    if !mlkem768::validate_public_key(&key) {
        return Err(PeerMisbehaved::InvalidKeyShare.into());
    }
    let (ciphertext, secret) = mlkem768::encapsulate(&key, *seed);
    Ok((*ciphertext.as_slice(), Zeroizing::new(secret)))
}

#[cfg(test)]
mod tests;
