//! Ephemeral Diffie-Hellman on P-256 and P-384 (RFC 8446 section 4.2.8.2).

use std::marker::PhantomData;

use getrandom::SysRng;
use p256::NistP256;
use p256::elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point};
use p256::elliptic_curve::{
    AffinePoint, CurveArithmetic, FieldBytesSize, Generate, PublicKey, SecretKey,
};
use p384::NistP384;
use rustls::crypto::{ActiveKeyExchange, GetRandomFailed, SharedSecret, SupportedKxGroup};
use rustls::ffdhe_groups::FfdheGroup;
use rustls::{Error, NamedGroup, PeerMisbehaved};

/// ECDH on secp256r1, also called P-256.
pub static SECP256R1: &dyn SupportedKxGroup =
    &Group::<NistP256>(NamedGroup::secp256r1, PhantomData);

/// ECDH on secp384r1, also called P-384.
pub static SECP384R1: &dyn SupportedKxGroup =
    &Group::<NistP384>(NamedGroup::secp384r1, PhantomData);

/// The first byte of a point in the only format that TLS 1.3 knows.
const UNCOMPRESSED: u8 = 4;

struct Group<C>(NamedGroup, PhantomData<C>);

impl<C> std::fmt::Debug for Group<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<C> SupportedKxGroup for Group<C>
where
    C: CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        let secret =
            SecretKey::<C>::try_generate_from_rng(&mut SysRng).map_err(|_| GetRandomFailed)?;
        let share = secret.public_key().to_sec1_point(false).to_bytes();
        Ok(Box::new(Exchange {
            name: self.0,
            secret,
            share,
        }))
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        None
    }

    fn name(&self) -> NamedGroup {
        self.0
    }
}

struct Exchange<C: CurveArithmetic> {
    name: NamedGroup,
    secret: SecretKey<C>,
    share: Box<[u8]>,
}

impl<C> ActiveKeyExchange for Exchange<C>
where
    C: CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        if peer.first() != Some(&UNCOMPRESSED) {
            return Err(PeerMisbehaved::InvalidKeyShare.into());
        }
        // Refuses every length but one, coordinates out of range and points off the curve. The curves have prime
        // order: what is left has it too.
        let peer =
            PublicKey::<C>::from_sec1_bytes(peer).map_err(|_| PeerMisbehaved::InvalidKeyShare)?;
        let shared = self.secret.diffie_hellman(&peer);
        Ok(SharedSecret::from(shared.raw_secret_bytes().as_slice()))
    }

    fn pub_key(&self) -> &[u8] {
        &self.share
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        None
    }

    fn group(&self) -> NamedGroup {
        self.name
    }
}

#[cfg(test)]
mod tests;
