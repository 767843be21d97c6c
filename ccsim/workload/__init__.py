"""Who comes and with what work: every random number of a replication, drawn and what is to be expected."""
