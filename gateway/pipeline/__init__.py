"""What happens to an event once it is stored: who wants it, delivering it, trying again."""
