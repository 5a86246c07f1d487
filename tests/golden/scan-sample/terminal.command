sluice scan .
