"""requests over urllib3."""

import sys

import requests

base, ca = f"https://localhost:{sys.argv[1]}", sys.argv[2]

with requests.Session() as session:
    session.verify = ca
    print(session.get(f"{base}/one").text, session.post(f"{base}/posted", data=b"w" * 300_000).text == "w" * 300_000)
    with session.get(f"{base}/big", stream=True) as response:
        print(sum(len(part) for part in response.iter_content(10_000)))
    try:
        session.get(f"{base}/slow", timeout=0.2)
    except requests.ReadTimeout:
        print("timed out")
try:
    # The authorities of certifi.
    requests.get(f"{base}/untrusted")
except requests.exceptions.SSLError as error:
    print("CERTIFICATE_VERIFY_FAILED" in str(error))
try:
    requests.get(f"https://127.0.0.1:{sys.argv[1]}/one", verify=ca)
    print("by its address")
    requests.get("https://localhost:1/", verify=ca)
except requests.exceptions.ConnectionError:
    print("refused")
