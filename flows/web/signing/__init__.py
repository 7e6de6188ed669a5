"""Who somebody is: sign in by a link, at an identity provider or through a proxy, and sign out."""
