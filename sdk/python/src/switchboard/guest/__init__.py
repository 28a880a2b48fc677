"""What runs inside the component."""
