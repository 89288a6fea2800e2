"""Taking a vendor's OpenAPI document in: fetch, parse, slice, correct, compare, write."""
