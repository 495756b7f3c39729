"""The commands of `twin`, one module each: SUMMARY, EXAMPLE and main(words). Listed in twin/__main__.py."""
