"""What the real services of OpenStack need to run in tests."""
