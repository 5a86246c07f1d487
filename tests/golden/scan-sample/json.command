sluice scan --format json .
