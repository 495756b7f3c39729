"""What parts cost: economics, energy and money of operations, quotations."""
