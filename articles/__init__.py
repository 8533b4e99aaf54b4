"""The article that ships with the bot."""
