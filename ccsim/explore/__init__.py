"""The live page `ccsim explore`: what-if with levers, in a browser on the same machine."""
