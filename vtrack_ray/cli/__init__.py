"""The command line: arguments in, tables and JSON out; the work is done below."""
