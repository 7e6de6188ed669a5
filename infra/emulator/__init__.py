"""A local Caspio, written from the API's specification and sharing nothing with the client."""
