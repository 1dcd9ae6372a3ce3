"""Who is here and what they may do: tenants, organization, accounts, roles, parameters."""
