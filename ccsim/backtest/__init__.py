"""Days that a simulation has not seen, predicted and compared with what happened."""
