"""Several machines at once into one history, and a board that shows them."""
