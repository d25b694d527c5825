"""What makes the networks generalise to persons whom they have never seen, measured on development persons."""
