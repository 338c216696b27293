"""Control routes below `/__omixa/`, and who may use them."""
