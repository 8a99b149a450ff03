"""`python -m webhook` is `doorward`."""

from webhook.cli import main

raise SystemExit(main())
