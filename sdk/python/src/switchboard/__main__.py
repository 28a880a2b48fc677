"""`python -m switchboard` is `switchboard-py`."""

import sys

from .cli import main

sys.exit(main())
