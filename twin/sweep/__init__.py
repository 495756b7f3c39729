"""Many runs: designs, tables of results, what they say."""
