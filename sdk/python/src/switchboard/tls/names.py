"""Object identifiers and OpenSSL's names for them."""

from __future__ import annotations

# Number in OpenSSL, short name, long name, identifier.
OBJECTS: tuple[tuple[int, str, str, str], ...] = (
    (13, "CN", "commonName", "2.5.4.3"),
    (100, "SN", "surname", "2.5.4.4"),
    (105, "serialNumber", "serialNumber", "2.5.4.5"),
    (14, "C", "countryName", "2.5.4.6"),
    (15, "L", "localityName", "2.5.4.7"),
    (16, "ST", "stateOrProvinceName", "2.5.4.8"),
    (660, "street", "streetAddress", "2.5.4.9"),
    (17, "O", "organizationName", "2.5.4.10"),
    (18, "OU", "organizationalUnitName", "2.5.4.11"),
    (106, "title", "title", "2.5.4.12"),
    (107, "description", "description", "2.5.4.13"),
    (860, "businessCategory", "businessCategory", "2.5.4.15"),
    (661, "postalCode", "postalCode", "2.5.4.17"),
    (173, "name", "name", "2.5.4.41"),
    (99, "GN", "givenName", "2.5.4.42"),
    (101, "initials", "initials", "2.5.4.43"),
    (509, "generationQualifier", "generationQualifier", "2.5.4.44"),
    (174, "dnQualifier", "dnQualifier", "2.5.4.46"),
    (510, "pseudonym", "pseudonym", "2.5.4.65"),
    (1089, "organizationIdentifier", "organizationIdentifier", "2.5.4.97"),
    (48, "emailAddress", "emailAddress", "1.2.840.113549.1.9.1"),
    (49, "unstructuredName", "unstructuredName", "1.2.840.113549.1.9.2"),
    (391, "DC", "domainComponent", "0.9.2342.19200300.100.1.25"),
    (458, "UID", "userId", "0.9.2342.19200300.100.1.1"),
    (955, "jurisdictionL", "jurisdictionLocalityName", "1.3.6.1.4.1.311.60.2.1.1"),
    (956, "jurisdictionST", "jurisdictionStateOrProvinceName", "1.3.6.1.4.1.311.60.2.1.2"),
    (957, "jurisdictionC", "jurisdictionCountryName", "1.3.6.1.4.1.311.60.2.1.3"),
    (4, "MD5", "md5", "1.2.840.113549.2.5"),
    (64, "SHA1", "sha1", "1.3.14.3.2.26"),
    (672, "SHA256", "sha256", "2.16.840.1.101.3.4.2.1"),
    (129, "serverAuth", "TLS Web Server Authentication", "1.3.6.1.5.5.7.3.1"),
    (130, "clientAuth", "TLS Web Client Authentication", "1.3.6.1.5.5.7.3.2"),
    (131, "codeSigning", "Code Signing", "1.3.6.1.5.5.7.3.3"),
    (132, "emailProtection", "E-mail Protection", "1.3.6.1.5.5.7.3.4"),
)

_LONG = {row[3]: row[2] for row in OBJECTS}


def long_name(identifier: str) -> str:
    """What OpenSSL calls it, or itself."""
    return _LONG.get(identifier, identifier)


def txt2obj(txt: str, name: bool = False) -> tuple[int, str, str, str]:
    """The object of this identifier, or name; only those that are used with TLS are known."""
    for row in OBJECTS:
        if row[3] == txt or (name and txt in row[1:3]):
            return row
    raise ValueError(f"unknown object '{txt[:100]}'")


def nid2obj(nid: int, /) -> tuple[int, str, str, str]:
    """The object of this number."""
    for row in OBJECTS:
        if row[0] == nid:
            return row
    raise ValueError("NID must be positive" if nid < 0 else f"unknown NID {nid}")
