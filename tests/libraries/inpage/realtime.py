"""Clean-up in the page after `realtime`."""

import asyncio


async def forget() -> None:
    """Cancel the timeouts of unanswered messages, which the library lets run for 10 seconds."""
    tasks = asyncio.all_tasks()
    timeouts = [task for task in tasks if "AsyncPush.start_timeout" in repr(task.get_coro())]
    for task in timeouts:
        task.cancel()
    await asyncio.gather(*timeouts, return_exceptions=True)
