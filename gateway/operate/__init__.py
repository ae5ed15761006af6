"""What people do with a gateway beside receiving and delivering: look, replay, cancel, release.

The command line, the API and the dashboard are three doors to it: each turns what is asked for into calls of
this package, and its rows into its own form.
"""
