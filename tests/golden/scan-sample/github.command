sluice scan --format github .
