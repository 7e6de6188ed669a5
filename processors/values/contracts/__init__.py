"""Find the values of a contract: who agrees with whom, and from which day on."""
