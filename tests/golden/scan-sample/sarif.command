sluice scan --format sarif .
