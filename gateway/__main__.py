"""`python -m gateway` is the same as the console script `gateway`."""

from gateway.cli import main

if __name__ == "__main__":
    main()
