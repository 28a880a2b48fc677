//! Key exchange against shares that are wrong, and against ring's.

use rustls::crypto::{ActiveKeyExchange, CompletedKeyExchange, SharedSecret, SupportedKxGroup};
use rustls::{AlertDescription, Error, NamedGroup, PeerMisbehaved};
use switchboard_crypto::{ALL_KX_GROUPS, kx_group};

use super::harness::{Pair, Rng, client_config, identity, noise, ours, ring, server_config};
use super::peer::PEER_HYBRID;

const BAD_SHARE: Error = Error::PeerMisbehaved(PeerMisbehaved::InvalidKeyShare);

/// Bytes of a share: the client's, and the server's answer.
fn lengths(group: &dyn SupportedKxGroup) -> (usize, usize) {
    match group.name() {
        NamedGroup::X25519MLKEM768 => (1184 + 32, 1088 + 32),
        NamedGroup::X25519 => (32, 32),
        NamedGroup::secp256r1 => (65, 65),
        NamedGroup::secp384r1 => (97, 97),
        other => panic!("{other:?}"),
    }
}

fn as_client(group: &dyn SupportedKxGroup, share: &[u8]) -> Result<SharedSecret, Error> {
    group.start().unwrap().complete(share)
}

#[track_caller]
fn refused_by_both(group: &dyn SupportedKxGroup, client_share: &[u8], server_share: &[u8]) {
    assert_eq!(
        group.start_and_complete(client_share).err(),
        Some(BAD_SHARE),
        "{group:?}"
    );
    assert_eq!(
        as_client(group, server_share).err(),
        Some(BAD_SHARE),
        "{group:?}"
    );
}

#[test]
fn agrees_with_other_implementations() {
    let mut peers = ring().kx_groups;
    peers.push(PEER_HYBRID);
    for group in ALL_KX_GROUPS {
        let peer = peers
            .iter()
            .find(|peer| peer.name() == group.name())
            .unwrap();
        let (client_len, server_len) = lengths(*group);
        for _ in 0..20 {
            for (client, server) in [(group, peer), (peer, group)] {
                let started = client.start().unwrap();
                assert_eq!(started.pub_key().len(), client_len);
                let CompletedKeyExchange {
                    group: name,
                    pub_key,
                    secret,
                } = server.start_and_complete(started.pub_key()).unwrap();
                assert_eq!((name, pub_key.len()), (group.name(), server_len));
                let ours = started.complete(&pub_key).unwrap();
                assert_eq!(ours.secret_bytes(), secret.secret_bytes());
                let expected = match group.name() {
                    NamedGroup::X25519MLKEM768 => 64,
                    NamedGroup::secp384r1 => 48,
                    _ => 32,
                };
                assert_eq!(secret.secret_bytes().len(), expected);
            }
        }
    }
}

#[test]
fn no_share_twice() {
    for group in ALL_KX_GROUPS {
        let first = group.start().unwrap();
        let second = group.start().unwrap();
        assert_ne!(first.pub_key(), second.pub_key());
        assert_eq!(
            (first.group(), group.name()),
            (group.name(), second.group())
        );
        assert!(first.ffdhe_group().is_none() && group.ffdhe_group().is_none());
    }
}

#[test]
fn wrong_lengths() {
    for group in ALL_KX_GROUPS {
        let (client_len, server_len) = lengths(*group);
        // A share that is good but for its length.
        let started = group.start().unwrap();
        let client_share = started.pub_key().to_vec();
        let server_share = group.start_and_complete(&client_share).unwrap().pub_key;
        let short = (0..100).chain([1088, 1119, 1120, 1183, 1184, 1185, 1215]);
        for len in short.filter(|len| *len < client_len) {
            let server = &server_share[..len.min(server_len - 1)];
            refused_by_both(*group, &client_share[..len], server);
        }
        for extra in [1, 2, 32, 5000, 70_000] {
            let longer = |share: &[u8]| [share, &vec![0; extra]].concat();
            refused_by_both(*group, &longer(&client_share), &longer(&server_share));
        }
    }
}

#[test]
fn constant_bytes() {
    for group in ALL_KX_GROUPS {
        let (client_len, server_len) = lengths(*group);
        refused_by_both(*group, &vec![0; client_len], &vec![0; server_len]);
        if group.name() != NamedGroup::X25519 && group.name() != NamedGroup::X25519MLKEM768 {
            refused_by_both(*group, &vec![0xff; client_len], &vec![0xff; server_len]);
            let mut zeros = vec![0; client_len];
            for format in [0, 1, 2, 3, 4, 5, 6, 7, 0x40] {
                zeros[0] = format;
                refused_by_both(*group, &zeros, &zeros);
            }
        }
    }
}

/// The points of order 1, 2, 4 and 8 on the curve and on its twist, in every encoding (RFC 7748 section 7).
const LOW_ORDER: [[u8; 32]; 7] = {
    let mut points = [[0; 32]; 7];
    points[1][0] = 1;
    points[2] = [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4,
        0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49,
        0xb8, 0x00,
    ];
    points[3] = [
        0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef,
        0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f,
        0x11, 0x57,
    ];
    // p - 1, p, p + 1
    let mut at = 4;
    while at < 7 {
        points[at] = [0xff; 32];
        points[at][0] = 0xec + (at as u8 - 4);
        points[at][31] = 0x7f;
        at += 1;
    }
    points
};

#[test]
fn points_of_low_order() {
    for mut point in LOW_ORDER {
        for top_bit in [0, 0x80] {
            // The top bit is not part of the number (RFC 7748 section 5).
            point[31] = (point[31] & 0x7f) | top_bit;
            refused_by_both(kx_group::X25519, &point, &point);

            // And as the classical half of the hybrid, whose other half is good.
            let started = kx_group::X25519MLKEM768.start().unwrap();
            let mut client_share = started.pub_key().to_vec();
            let mut server_share = kx_group::X25519MLKEM768
                .start_and_complete(&client_share)
                .unwrap()
                .pub_key;
            client_share[1184..].copy_from_slice(&point);
            server_share[1088..].copy_from_slice(&point);
            let answer = kx_group::X25519MLKEM768.start_and_complete(&client_share);
            assert_eq!(answer.err(), Some(BAD_SHARE));
            assert_eq!(started.complete(&server_share).err(), Some(BAD_SHARE));

            let component = kx_group::X25519MLKEM768.start().unwrap();
            assert_eq!(
                component.complete_hybrid_component(&point).err(),
                Some(BAD_SHARE)
            );
        }
    }
}

#[test]
fn points_off_the_curve() {
    for group in [kx_group::SECP256R1, kx_group::SECP384R1] {
        let share = group.start().unwrap().pub_key().to_vec();
        for bit in 0..share.len() * 8 {
            let mut bad = share.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(
                as_client(group, &bad).err(),
                Some(BAD_SHARE),
                "{group:?} bit {bit}"
            );
        }
        // Compressed and hybrid forms of the same, good point.
        let (x, y) = share[1..].split_at(share.len() / 2);
        let odd = y[y.len() - 1] & 1;
        let compressed = [&[2 + odd], x].concat();
        let hybrid = [&[6 + odd], x, y].concat();
        refused_by_both(group, &compressed, &compressed);
        refused_by_both(group, &hybrid, &hybrid);
        // The other curve's points.
        let other = match group.name() {
            NamedGroup::secp256r1 => kx_group::SECP384R1,
            _ => kx_group::SECP256R1,
        };
        let foreign = other.start().unwrap().pub_key().to_vec();
        refused_by_both(group, &foreign, &foreign);
    }
}

/// FIPS 203 section 7.2: every coefficient of a key is below 3329.
#[test]
fn mlkem_keys_out_of_range() {
    let group = kx_group::X25519MLKEM768;
    let share = group.start().unwrap().pub_key().to_vec();
    for coefficient in [0, 1, 2, 383, 766, 767] {
        // Two coefficients of 12 bits are in three bytes.
        let at = coefficient / 2 * 3;
        for value in [3329_u16, 3330, 4095] {
            let mut bad = share.clone();
            match coefficient % 2 {
                0 => {
                    bad[at] = value as u8;
                    bad[at + 1] = (bad[at + 1] & 0xf0) | (value >> 8) as u8;
                }
                _ => {
                    bad[at + 1] = (bad[at + 1] & 0x0f) | (value << 4) as u8;
                    bad[at + 2] = (value >> 4) as u8;
                }
            }
            assert_eq!(
                group.start_and_complete(&bad).err(),
                Some(BAD_SHARE),
                "{coefficient} {value}"
            );
        }
    }
    let mut bad = share.clone();
    bad[..1152].fill(0xff);
    assert_eq!(group.start_and_complete(&bad).err(), Some(BAD_SHARE));
    group.start_and_complete(&share).unwrap();
}

/// A changed ciphertext is not an error but another secret, so that nothing can be learnt from the answer.
#[test]
fn a_changed_ciphertext_gives_another_secret() {
    let group = kx_group::X25519MLKEM768;
    for at in [0, 1, 500, 1000, 1087] {
        let started = group.start().unwrap();
        let CompletedKeyExchange {
            mut pub_key,
            secret,
            ..
        } = group.start_and_complete(started.pub_key()).unwrap();
        pub_key[at] ^= 1;
        let other = started.complete(&pub_key).unwrap();
        assert_ne!(other.secret_bytes()[..32], secret.secret_bytes()[..32]);
        assert_eq!(other.secret_bytes()[32..], secret.secret_bytes()[32..]);
    }
}

#[test]
fn the_component_of_the_hybrid_is_plain_x25519() {
    let started = kx_group::X25519MLKEM768.start().unwrap();
    let (name, share) = started.hybrid_component().unwrap();
    assert_eq!(name, NamedGroup::X25519);
    assert_eq!(share, &started.pub_key()[1184..]);
    let peer = rustls::crypto::ring::kx_group::X25519
        .start_and_complete(share)
        .unwrap();
    let secret = started.complete_hybrid_component(&peer.pub_key).unwrap();
    assert_eq!(secret.secret_bytes(), peer.secret.secret_bytes());
}

#[test]
fn noise_never_panics() {
    let mut rng = Rng::new(11);
    for group in ALL_KX_GROUPS {
        let (client_len, server_len) = lengths(*group);
        for _ in 0..100 {
            let len = match rng.below(4) {
                0 => rng.below(1500),
                1 => client_len,
                _ => server_len,
            };
            let mut share = noise(len, rng.next());
            if let (Some(first), true) = (share.first_mut(), rng.below(2) == 0) {
                *first = 4;
            }
            let _ = group.start_and_complete(&share);
            let _ = as_client(*group, &share);
        }
    }
}

/// A server's group that answers with a share of its own choosing.
#[derive(Debug)]
struct Hostile(NamedGroup, Vec<u8>);

impl SupportedKxGroup for Hostile {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        unreachable!("only a server")
    }

    fn start_and_complete(&self, _peer: &[u8]) -> Result<CompletedKeyExchange, Error> {
        Ok(CompletedKeyExchange {
            group: self.0,
            pub_key: self.1.clone(),
            secret: SharedSecret::from(vec![0; 32]),
        })
    }

    fn name(&self) -> NamedGroup {
        self.0
    }
}

#[test]
fn a_bad_share_ends_the_handshake_with_the_right_alert() {
    for group in ALL_KX_GROUPS {
        let (_, len) = lengths(*group);
        for share in [vec![0; len], vec![4; len - 1], vec![4]] {
            let mut provider = ring();
            provider.kx_groups = vec![Box::leak(Box::new(Hostile(group.name(), share)))];
            let server = identity("P-256");
            let tls = &[&rustls::version::TLS13];
            let mut at_client = ours();
            at_client.kx_groups = vec![*group];
            let mut pair = Pair::new(
                client_config(at_client, tls, server, None),
                server_config(provider, tls, server, None),
            );
            assert_eq!(pair.handshake(), Err(BAD_SHARE));
            let alert = super::harness::client_output(&mut pair.client);
            let told = super::harness::feed_server(&mut pair.server, &alert);
            assert_eq!(
                told,
                Err(Error::AlertReceived(AlertDescription::IllegalParameter))
            );
        }
    }
}
