"""asyncio on the component model: its connect calls over `switchboard:connect`, beside all other imports and exports."""
